"""One call each for what people do from Python: find faces, put masks on, tell masks apart."""
