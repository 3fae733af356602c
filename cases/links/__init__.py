"""What ties one case to another.

related   cases that name the same person or goods, suggested to who may see them
ties      links that somebody made, sealed on both sides
opening   cases that staff open themselves, beside another one or of their own initiative
check_ins what reporters answer when they are asked whether all is well, and what follows
"""
