-- Of a person who asked for deletion nothing is left where the warehouse has it by the
-- person's id: a refresh that would publish it ends here.
with

requests as (

    select contact_id
    from {{ ref('deletion_requests') }}

),

kept as (

    {% for relation, columns in {
        'base_crm__contacts': ['full_name', 'email', 'title'],
        'base_crm__activities': ['subject'],
        'fct_sponsor_spells': ['title'],
        'fct_comment_sentiments': ['comment'],
    }.items() %}
    {% set last_relation = loop.last %}
    {% for column in columns %}
    select
        contact_id,
        '{{ relation }}.{{ column }}' as kept_in
    from {{ ref(relation) }}
    where {{ column }} <> '{{ deleted_text() }}'
    {% if not (last_relation and loop.last) %}
    union all
    {% endif %}
    {% endfor %}
    {% endfor %}

)

select distinct
    kept.contact_id,
    kept.kept_in
from kept
inner join requests
    on kept.contact_id = requests.contact_id
