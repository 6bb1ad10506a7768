"""Did it work: KPIs."""
