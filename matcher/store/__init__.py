"""The database behind the web application: the only truth, of which indexes are copies."""

from matcher.store.database import Store, open_store
from matcher.store.errors import EditConflict, StoreError

__all__ = ["EditConflict", "Store", "StoreError", "open_store"]
