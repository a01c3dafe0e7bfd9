use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the buyer pays. `DECLINED`, `TIMEOUT` and `LATE` are for trying out what can go wrong: a
/// payment that is declined, one that never happens and never gets an answer, and one that happens
/// but whose answer comes too late (its refund happens too, and answers only when asked again).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentMethod {
    CreditCard,
    Paypal,
    Wallet,
    Declined,
    Timeout,
    Late,
}
