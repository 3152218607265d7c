-- A rate is exact up to its last place: halves go away from zero whatever the signs,
-- and an empty base has no rate.
with

cases as (

    select
        worked.numerator,
        worked.denominator,
        worked.expected
    from (
        values
        ('1', '8', '0.13'),
        ('-1', '8', '-0.13'),
        ('1', '-8', '-0.13'),
        ('-1', '-8', '0.13'),
        ('1', '3', '0.33'),
        ('2', '3', '0.67'),
        ('1', '200', '0.01'),
        ('-1', '200', '-0.01'),
        ('0.9999', '200', '0.00'),
        ('0.0001', '0.0008', '0.13'),
        ('100', '100', '1.00'),
        ('0', '7', '0.00'),
        ('0', '0', null),
        ('7', '0', null),
        (null, '7', null),
        ('7', null, null),
        ('9999999999999999.99', '0.01', '999999999999999999.00'),
        ('9999999999999999.99', '2', '5000000000000000.00')
    ) as worked (numerator, denominator, expected)

),

quotients as (

    select
        numerator,
        denominator,
        cast(expected as decimal(38, 2)) as expected,
        {{ quotient(
            'cast(numerator as decimal(38, 4))',
            'cast(denominator as decimal(38, 4))',
            2
        ) }} as quotient
    from cases

)

select
    numerator,
    denominator,
    expected,
    quotient
from quotients
where quotient is distinct from expected
