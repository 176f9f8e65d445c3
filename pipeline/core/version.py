"""The version, in a module of its own so that a new one reruns no stage."""

VERSION = "0.2.0"
