"""Readers of the files in which other methods publish their weights; none needs the framework that wrote them."""
