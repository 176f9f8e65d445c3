"""Bytes on disks and in object stores: images, manifests, shards, journals, resumable outputs."""
