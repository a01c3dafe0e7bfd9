//! Which currencies there are, and how finely each is divided: ISO 4217, from the crate that keeps
//! its table.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An ISO 4217 code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(try_from = "String")]
#[sqlx(transparent)]
#[schema(value_type = String, min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$", example = "USD")]
pub struct Currency(String);

/// The decimals of most currencies, and of a stored code that the table does not know any more.
const USUAL_MINOR_UNITS: u32 = 2;

impl Currency {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many decimals its amounts have.
    pub fn minor_units(&self) -> u32 {
        iso_currency::Currency::from_code(&self.0)
            .and_then(iso_currency::Currency::exponent)
            .map_or(USUAL_MINOR_UNITS, u32::from)
    }

    /// To the nearest minor unit; a half goes to the even one, so that halves do not add up to a
    /// bias.
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

/// Whether people pay with it: no metal, fund, unit of account or test code, and nothing that has been
/// replaced. The table takes VES for replaced by VED, but ISO 4217 lists both.
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
