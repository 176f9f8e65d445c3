"""The reference pages of the docs site, made of the code itself when the site is built."""
