"""Tables that hold one number a row: ids, images, connected components."""
