-- A row without a key is named by the md5 of what is shown of it, so that whoever reads
-- fct_rejected_rows can find it again in the landing files. What was deleted since is
-- shown no more, and its name stays as it was.
select
    source_name,
    table_name,
    row_key,
    row_json
from {{ ref('fct_rejected_rows') }}
where
    rule = 'null_key'
    and row_key <> md5(row_json)
    and row_json not like '%":"{{ deleted_text() }}"%'
