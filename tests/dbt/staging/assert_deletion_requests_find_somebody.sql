-- A request with an id that never landed deletes nobody: most likely it is mistyped.
{{ config(severity='warn') }}
select contact_id
from {{ ref('base_crm__deleted_people') }}
group by contact_id
having count(account_id) = 0
