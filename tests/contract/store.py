"""What every store does: behaviour lives in these classes, a driver's tests only say how the store is opened."""

from __future__ import annotations

from tests.contract.store_commit import CommitContract
from tests.contract.store_files import FilesContract
from tests.contract.store_history import HistoryContract
from tests.contract.store_ledger import LedgerContract
from tests.contract.store_notebooks import NotebookContract
from tests.contract.store_overview import OverviewContract
from tests.contract.store_pages import ChatContract, PageContract
from tests.contract.store_reads import AccountContract, DeliveryContract, LaneContract

__all__ = ["FilesContract", "HistoryContract", "LedgerContract", "StoreContract"]


class StoreContract(
    CommitContract,
    LaneContract,
    DeliveryContract,
    PageContract,
    ChatContract,
    OverviewContract,
    AccountContract,
    NotebookContract,
):
    """Behaviour of `router.store.Store`; a subclass provides the fixture `store`."""
