"""Independent computations of every KPI, in pandas, to hold against the table rpt_kpis."""
