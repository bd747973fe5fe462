"""How replies of other servers are recognised by their words.

Marks of one provider come before (`marks`), the status code and the basic code after (`codes`): X.7.1 means thirty
things.  A phrase is plain words in the notation of `journey.words`, read as the reply is read.  The first pattern that
fits wins, so what is special stands before what is general, and these files are read in this order.
"""

from pyeonji.catalog.pattern import Pattern
from pyeonji.catalog.patterns_content import OF_CONTENT
from pyeonji.catalog.patterns_mailbox import OF_MAILBOX
from pyeonji.catalog.patterns_origin import OF_ORIGIN
from pyeonji.catalog.patterns_place import OF_PLACE
from pyeonji.catalog.patterns_whose import OF_WHOSE

PATTERNS: tuple[Pattern, ...] = (*OF_WHOSE, *OF_ORIGIN, *OF_MAILBOX, *OF_CONTENT, *OF_PLACE)
