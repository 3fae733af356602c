"""What ties one case to another.

related   cases that name the same person or goods, suggested to who may see them
"""
