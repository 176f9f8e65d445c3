"""What a model is worth on real photos that it never saw: the ready one, or any that `maskwright predict` takes."""
