"""Facts as they happened and every computed table: the catalog, the engines, the snapshots."""
