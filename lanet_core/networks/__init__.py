"""LANet and panoLANet in torch (Yu et al. 2021)."""
