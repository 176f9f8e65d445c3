"""Programs that make the committed data; nothing in the library or the stages imports them."""
