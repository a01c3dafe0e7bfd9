//! Amounts, currencies, and the platform's share. Decimal throughout: a binary float cannot hold
//! 0.10.

use std::{ops::Sub, str::FromStr};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

/// An amount in whole cents; as JSON a number with two decimals: `9.90`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[schema(value_type = f64, example = 9.99)]
pub struct Money(Decimal);

impl Money {
    /// What Postgres stores it as.
    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// To the nearest cent; a half goes to the even one, so that halves do not add up to a bias.
    fn rounded(exact: Decimal) -> Self {
        Self(exact.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven))
    }

    /// One of `parts` equal parts, to the nearest cent; nothing of nothing.
    pub fn divided(self, parts: i64) -> Self {
        Self::rounded(self.0.checked_div(parts.into()).unwrap_or_default())
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut amount = self.0;
        amount.rescale(2);
        http_kit::decimal::serialize(&amount, serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let amount = http_kit::decimal::deserialize(deserializer)?;
        if amount.normalize().scale() > 2 {
            return Err(de::Error::custom("must have at most two decimals"));
        }
        Ok(Self(amount))
    }
}

const MAX_PRICE: Decimal = Decimal::from_parts(9_999_999, 0, 0, false, 2);

/// The rule for prices: something, and no more than a plausible slip of the keyboard.
pub fn price(value: &Money, _: &()) -> garde::Result {
    if value.0 <= Decimal::ZERO {
        Err(garde::Error::new("must be more than 0"))
    } else if value.0 > MAX_PRICE {
        Err(garde::Error::new(format!("must be at most {MAX_PRICE}")))
    } else {
        Ok(())
    }
}

/// The platform's share of each sale, in percent: 0 to 100.
#[derive(Clone, Copy, Debug)]
pub struct PlatformFee {
    percent: Decimal,
}

impl PlatformFee {
    pub fn of(self, amount: Money) -> Money {
        Money::rounded(amount.0 * self.percent / Decimal::ONE_HUNDRED)
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

/// An ISO 4217 code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(try_from = "String")]
#[sqlx(transparent)]
#[schema(value_type = String, min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$", example = "USD")]
pub struct Currency(String);

impl Currency {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Currency {
    fn default() -> Self {
        Self("USD".to_owned())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("must be an ISO 4217 currency code in upper case, such as USD")]
pub struct NotACurrency;

impl TryFrom<String> for Currency {
    type Error = NotACurrency;

    fn try_from(code: String) -> Result<Self, NotACurrency> {
        if code.len() == 3 && CURRENCIES.split_ascii_whitespace().any(|known| known == code) {
            Ok(Self(code))
        } else {
            Err(NotACurrency)
        }
    }
}

/// ISO 4217:2015, list one: what people pay with. Not in it: metals, funds, units of account and
/// test codes.
const CURRENCIES: &str = "
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
    GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW
    KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR
    MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

#[cfg(test)]
mod tests {
    use super::*;

    fn fee(percent: &str, amount: &str) -> String {
        let fee: PlatformFee = percent.parse().unwrap();
        fee.of(Money(amount.parse().unwrap())).0.to_string()
    }

    #[test]
    fn a_fee_is_rounded_to_the_cent_and_a_half_to_the_even_one() {
        assert_eq!(fee("10", "19.99"), "2.00");
        assert_eq!(fee("10", "0.05"), "0.00");
        assert_eq!(fee("10", "0.15"), "0.02");
        assert_eq!(fee("12.5", "0.20"), "0.02");
        assert_eq!(fee("100", "99999.99"), "99999.99");
        assert!("100.01".parse::<PlatformFee>().is_err());
        assert!("-1".parse::<PlatformFee>().is_err());
    }

    #[test]
    fn nothing_sold_has_no_average_but_zero() {
        assert_eq!(Money(Decimal::ZERO).divided(0), Money(Decimal::ZERO));
        assert_eq!(Money(Decimal::TEN).divided(3).0.to_string(), "3.33");
    }

    #[test]
    fn only_currencies_are_currencies() {
        assert!(Currency::try_from("EUR".to_owned()).is_ok());
        for not in ["eur", "EU", "EURO", "ZZZ", "A A", "XAU", ""] {
            assert!(Currency::try_from(not.to_owned()).is_err(), "{not}");
        }
    }
}
