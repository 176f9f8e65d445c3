"""Maskwright's library: curate face photos, put masks on them, train and evaluate."""
