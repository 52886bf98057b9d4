"""One file per tracker behind one protocol and one transport; `table.py` lists them."""
