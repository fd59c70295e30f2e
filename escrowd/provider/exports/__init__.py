"""A bundle for other programs, one format a file: what a client who knows the trade goes on working with.

``keepass``    KDBX 4, with attachments (extra ``keepass``)
``csv_table``  CSV, one row an entry
``in_payload`` both, as they lie in the sealed payload of an ``expert``

Everything that an entry holds is in each of them; what a format has no place for is a further field, by the
list's own words. What cannot be carried exactly is reported (``Inexact``), never dropped in silence.
"""

from escrowd.provider.exports._fields import Inexact
from escrowd.provider.exports.csv_table import export_csv
from escrowd.provider.exports.in_payload import NO_EXPORTS, Exports, can_keepass, exports_for
from escrowd.provider.exports.keepass import export_keepass

__all__ = ["NO_EXPORTS", "Exports", "Inexact", "can_keepass", "export_csv", "export_keepass", "exports_for"]
