//! Amounts and the platform fee, in decimals: a binary float cannot hold 0.10.

use std::{ops::Sub, str::FromStr};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::{PartialSchema, ToSchema, openapi};

use super::Currency;

/// A number of units of a currency. JSON has it digit for digit; clients get an [`Amount`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type,
)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct Money(#[serde(with = "http_kit::decimal")] Decimal);

impl Money {
    /// Returns the number that Postgres stores.
    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// Divides by `parts`, rounded to the currency's minor units; 0 for no parts.
    pub fn divided(self, parts: i64, currency: &Currency) -> Self {
        Self(currency.round(self.0.checked_div(parts.into()).unwrap_or_default()))
    }

    /// Returns the amount with the decimals of its currency.
    pub fn amount(self, currency: &Currency) -> Amount {
        let mut number = self.0.normalize();
        // Old purchases may have more decimals than their currency, and are shown as they were paid.
        number.rescale(currency.minor_units().max(number.scale()));
        Amount(number)
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl PartialSchema for Money {
    fn schema() -> openapi::RefOr<openapi::schema::Schema> {
        // The widest bounds of all currencies; `price_problem` checks those of one.
        openapi::ObjectBuilder::new()
            .schema_type(openapi::schema::Type::Number)
            .minimum(Some(Self::LEAST))
            .maximum(Some(Self::MAX_MINOR_UNITS))
            .examples([9.99])
            .into()
    }
}

impl ToSchema for Money {}

/// An amount as JSON shows it: a number with as many decimals as its currency has, `9.90` USD,
/// `990` JPY, `9.900` KWD.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(value_type = f64, example = 9.99)]
pub struct Amount(Decimal);

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Amount> for Decimal {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        http_kit::decimal::serialize(&self.0, serializer)
    }
}

impl Money {
    /// The smallest minor unit of any currency.
    const LEAST: f64 = 0.001;

    /// The largest price, in minor units: a higher one is probably a typing error.
    pub const MAX_MINOR_UNITS: i64 = 9_999_999;

    /// Returns the reason why this is no price in `currency`, if there is one.
    pub fn price_problem(self, currency: &Currency) -> Option<String> {
        let decimals = currency.minor_units();
        let max = Decimal::new(Self::MAX_MINOR_UNITS, decimals);
        if self.0 <= Decimal::ZERO {
            Some("must be more than 0".to_owned())
        } else if self.0 > max {
            Some(format!("must be at most {max} {currency}"))
        } else if self.0.normalize().scale() > decimals {
            Some(match decimals {
                0 => format!("must be a whole number: {currency} has no decimals"),
                _ => format!("must have at most {decimals} decimals in {currency}"),
            })
        } else {
            None
        }
    }
}

/// The platform's share of each sale, in percent: 0 to 100.
#[derive(Clone, Copy, Debug)]
pub struct PlatformFee {
    percent: Decimal,
}

impl PlatformFee {
    /// Returns the fee of `amount`, in the currency's minor units.
    pub fn of(self, amount: Money, currency: &Currency) -> Money {
        Money(currency.round(amount.0 * self.percent / Decimal::ONE_HUNDRED))
    }
}

impl Default for PlatformFee {
    fn default() -> Self {
        Self { percent: Decimal::TEN }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("must be a number from 0 to 100")]
pub struct NotAPercentage;

impl FromStr for PlatformFee {
    type Err = NotAPercentage;

    fn from_str(text: &str) -> Result<Self, NotAPercentage> {
        let percent: Decimal = text.parse().map_err(|_| NotAPercentage)?;
        if percent.is_sign_negative() || percent > Decimal::ONE_HUNDRED {
            return Err(NotAPercentage);
        }
        Ok(Self { percent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::try_from(code.to_owned()).unwrap()
    }

    fn money(text: &str) -> Money {
        Money(text.parse().unwrap())
    }

    fn fee(percent: &str, amount: &str, code: &str) -> String {
        let fee: PlatformFee = percent.parse().unwrap();
        let currency = currency(code);
        fee.of(money(amount), &currency).amount(&currency).to_string()
    }

    #[test]
    fn a_fee_is_rounded_to_the_minor_unit_and_a_half_to_the_even_one() {
        assert_eq!(fee("10", "19.99", "USD"), "2.00");
        assert_eq!(fee("10", "0.05", "USD"), "0.00");
        assert_eq!(fee("10", "0.15", "USD"), "0.02");
        assert_eq!(fee("12.5", "0.20", "USD"), "0.02");
        assert_eq!(fee("100", "99999.99", "USD"), "99999.99");
        assert_eq!(fee("10", "999", "JPY"), "100");
        assert_eq!(fee("10", "5", "JPY"), "0");
        assert_eq!(fee("10", "15", "JPY"), "2");
        assert_eq!(fee("10", "1.505", "KWD"), "0.150");
        assert_eq!(fee("10", "1.515", "KWD"), "0.152");
        assert!("100.01".parse::<PlatformFee>().is_err());
        assert!("-1".parse::<PlatformFee>().is_err());
    }

    #[test]
    fn nothing_sold_has_no_average_but_zero() {
        assert_eq!(money("0").divided(0, &currency("USD")), money("0"));
        assert_eq!(money("10").divided(3, &currency("USD")), money("3.33"));
        assert_eq!(money("1000").divided(3, &currency("JPY")), money("333"));
    }

    #[test]
    fn a_price_is_a_number_of_minor_units_of_its_currency() {
        for (price, code) in [
            ("9.99", "USD"),
            ("9.990", "USD"),
            ("99999.99", "USD"),
            ("1", "JPY"),
            ("990.0", "JPY"),
            ("9999999", "JPY"),
            ("9.999", "KWD"),
            ("0.001", "KWD"),
            ("9999.999", "KWD"),
        ] {
            assert_eq!(money(price).price_problem(&currency(code)), None, "{price} {code}");
        }
        for (price, code, problem) in [
            ("9.99", "JPY", "must be a whole number: JPY has no decimals"),
            ("9.999", "USD", "must have at most 2 decimals in USD"),
            ("9.9999", "KWD", "must have at most 3 decimals in KWD"),
            ("-0", "USD", "must be more than 0"),
            ("-1", "JPY", "must be more than 0"),
            ("10000000", "JPY", "must be at most 9999999 JPY"),
            ("100000", "USD", "must be at most 99999.99 USD"),
        ] {
            let found = money(price).price_problem(&currency(code));
            assert_eq!(found.as_deref(), Some(problem), "{price} {code}");
        }
    }

    #[test]
    fn an_amount_has_the_decimals_of_its_currency() {
        let shown = |text: &str, code: &str| {
            serde_json::to_string(&money(text).amount(&currency(code))).unwrap()
        };
        assert_eq!(shown("9.9", "USD"), "9.90");
        assert_eq!(shown("9.900", "USD"), "9.90");
        assert_eq!(shown("990.00", "JPY"), "990");
        assert_eq!(shown("1.5", "KWD"), "1.500");
        assert_eq!(shown("100", "VND"), "100");
        // An old purchase.
        assert_eq!(shown("9.99", "JPY"), "9.99");
    }
}
