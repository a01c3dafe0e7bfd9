//! The routes of the marketplace service.

use super::{Row, row};

const OFFER: &str = r#"{"promptId": "$public", "price": 5}"#;
const HIDDEN_OFFER: &str = r#"{"promptId": "$hidden", "price": 5}"#;
const PRICE: &str = r#"{"price": 6}"#;
const ORDER: &str =
    r#"{"listingId": "$listing", "paymentMethod": "WALLET", "licenseType": "PERSONAL"}"#;
const LATE_ORDER: &str =
    r#"{"listingId": "$paused", "paymentMethod": "WALLET", "licenseType": "PERSONAL"}"#;

/// The statuses are those for an anonymous caller, a stranger, the owner, and an administrator.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    // Only the author sells a prompt, not even an admin.
    row("POST /api/marketplace/listings", "/api/marketplace/listings", OFFER, [401, 403, 201, 403]),
    row("POST /api/marketplace/listings", "/api/marketplace/listings", HIDDEN_OFFER, [401, 404, 201, 403]),
    row("GET /api/marketplace/listings", "/api/marketplace/listings", "", [200, 200, 200, 200]),
    row("GET /api/marketplace/listings/{id}", "/api/marketplace/listings/$listing", "", [200, 200, 200, 200]),
    row("GET /api/marketplace/listings/{id}", "/api/marketplace/listings/$paused", "", [404, 404, 200, 200]),
    row("GET /api/marketplace/listings/seller/{sellerId}", "/api/marketplace/listings/seller/$owner", "", [200, 200, 200, 200]),
    row("PUT /api/marketplace/listings/{id}", "/api/marketplace/listings/$listing", PRICE, [401, 403, 200, 403]),
    row("PUT /api/marketplace/listings/{id}", "/api/marketplace/listings/$paused", PRICE, [401, 404, 200, 403]),
    row("DELETE /api/marketplace/listings/{id}", "/api/marketplace/listings/$listing", "", [401, 403, 204, 403]),
    row("DELETE /api/marketplace/listings/{id}", "/api/marketplace/listings/$paused", "", [401, 404, 204, 403]),
    row("POST /api/marketplace/listings/{id}/pause", "/api/marketplace/listings/$listing/pause", "", [401, 403, 200, 403]),
    row("POST /api/marketplace/listings/{id}/pause", "/api/marketplace/listings/$paused/pause", "", [401, 404, 200, 403]),
    row("POST /api/marketplace/listings/{id}/activate", "/api/marketplace/listings/$listing/activate", "", [401, 403, 200, 403]),
    row("POST /api/marketplace/listings/{id}/activate", "/api/marketplace/listings/$paused/activate", "", [401, 404, 200, 403]),

    // Users cannot buy from themselves.
    row("POST /api/marketplace/purchase", "/api/marketplace/purchase", ORDER, [401, 201, 409, 201]),
    row("POST /api/marketplace/purchase", "/api/marketplace/purchase", LATE_ORDER, [401, 409, 409, 409]),

    row("GET /api/marketplace/transactions/{id}", "/api/marketplace/transactions/$sale", "", [401, 404, 200, 200]),
    row("GET /api/marketplace/transactions/{id}", "/api/marketplace/transactions/$bought", "", [401, 404, 200, 200]),
    row("GET /api/marketplace/transactions/buyer/{userId}", "/api/marketplace/transactions/buyer/$owner", "", [401, 403, 200, 200]),
    row("GET /api/marketplace/transactions/seller/{userId}", "/api/marketplace/transactions/seller/$owner", "", [401, 403, 200, 200]),
    // The seller refunds; the buyer cannot.
    row("POST /api/marketplace/transactions/{id}/refund", "/api/marketplace/transactions/$sale/refund", "", [401, 404, 200, 200]),
    row("POST /api/marketplace/transactions/{id}/refund", "/api/marketplace/transactions/$bought/refund", "", [401, 404, 403, 200]),

    // A licence is its holder's alone.
    row("GET /api/marketplace/licenses", "/api/marketplace/licenses", "", [401, 200, 200, 200]),
    row("GET /api/marketplace/licenses/{id}", "/api/marketplace/licenses/$license", "", [401, 404, 200, 404]),
    row("GET /api/marketplace/licenses/{id}/prompt", "/api/marketplace/licenses/$license/prompt", "", [401, 404, 200, 404]),
    row("GET /api/marketplace/licenses/verify/{licenseKey}", "/api/marketplace/licenses/verify/$key", "", [200, 200, 200, 200]),
    row("GET /api/marketplace/revenue/{sellerId}", "/api/marketplace/revenue/$owner", "", [401, 403, 200, 200]),
];
