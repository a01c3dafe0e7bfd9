//! Currencies and their minor units, by ISO 4217: the table is that of `iso_currency`.

use std::fmt;

use iso_currency::IntoEnumIterator;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, Type},
    },
};

/// An ISO 4217 code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(try_from = "String")]
#[sqlx(transparent)]
pub struct Currency(String);

impl PartialSchema for Currency {
    fn schema() -> RefOr<Schema> {
        let codes = iso_currency::Currency::iter().filter(|it| is_paid_with(*it));
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("An ISO 4217 code."))
            .enum_values(Some(codes.map(|currency| currency.code())))
            .examples(["USD"])
            .into()
    }
}

impl ToSchema for Currency {}

/// The decimals of most currencies, and of a stored code that is no longer in the table.
const USUAL_MINOR_UNITS: u32 = 2;

impl Currency {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the number of decimals of an amount.
    pub fn minor_units(&self) -> u32 {
        iso_currency::Currency::from_code(&self.0)
            .and_then(iso_currency::Currency::exponent)
            .map_or(USUAL_MINOR_UNITS, u32::from)
    }

    /// Rounds to the nearest minor unit, and a half to the even one: otherwise halves add up to a bias.
    pub fn round(&self, exact: Decimal) -> Decimal {
        exact.round_dp_with_strategy(self.minor_units(), RoundingStrategy::MidpointNearestEven)
    }
}

impl Default for Currency {
    fn default() -> Self {
        Self("USD".to_owned())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("must be an ISO 4217 currency code in upper case, such as USD")]
pub struct NotACurrency;

impl TryFrom<String> for Currency {
    type Error = NotACurrency;

    fn try_from(code: String) -> Result<Self, NotACurrency> {
        match iso_currency::Currency::from_code(&code) {
            Some(known) if is_paid_with(known) => Ok(Self(code)),
            _ => Err(NotACurrency),
        }
    }
}

/// Returns whether people pay with a currency, which is no metal, fund, unit of account or test code,
/// and is not replaced. The table marks VES as replaced by VED, but ISO 4217 lists both.
fn is_paid_with(currency: iso_currency::Currency) -> bool {
    currency == iso_currency::Currency::VES
        || (currency.flags().is_empty() && currency.exponent().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Result<Currency, NotACurrency> {
        Currency::try_from(code.to_owned())
    }

    #[test]
    fn only_what_people_pay_with_is_a_currency() {
        for code in ["USD", "EUR", "JPY", "KWD", "VES", "VED", "ZWG", "XOF"] {
            assert!(currency(code).is_ok(), "{code}");
        }
        for not in ["eur", "EU", "EURO", "ZZZ", "A A", "XAU", "XXX", "XTS", "CLF", "HRK", "DEM", ""]
        {
            assert!(currency(not).is_err(), "{not}");
        }
    }

    #[test]
    fn a_currency_has_its_own_minor_units() {
        for (code, decimals) in
            [("USD", 2), ("JPY", 0), ("KRW", 0), ("VND", 0), ("KWD", 3), ("BHD", 3), ("MGA", 2)]
        {
            assert_eq!(currency(code).unwrap().minor_units(), decimals, "{code}");
        }
    }
}
