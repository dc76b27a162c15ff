# SPDX-License-Identifier: GPL-2.0-only
#
# What Sphinx has to know: make htmldocs. The kernel's extensions, and the
# sources whose comments the documents include, are in the tree $srctree.

import os
import sys

srctree = os.path.abspath(os.environ["srctree"])
sys.path.insert(0, os.path.join(srctree, "Documentation/sphinx"))

project = "Landlock in Rust"
needs_sphinx = "3.4.3"
extensions = ["automarkup", "kerneldoc"]
kerneldoc_srctree = srctree
primary_domain = "c"
c_id_attributes = ["__user", "notrace"]
highlight_language = "none"
smartquotes = False
html_theme = "alabaster"
html_copy_source = False
