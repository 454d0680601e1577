"""Oracle for autograd: PyTorch and finite differences."""
