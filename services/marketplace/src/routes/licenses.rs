//! `/api/marketplace/licenses`: the caller's licences, and the verification of keys.

use auth::User;
use axum::extract::State;
use http_kit::{ApiResult, Json, Page, PageQuery, Path, Query, openapi::Problems};
use ids::{LicenseId, PromptId};
use serde::Serialize;
use timestamp::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::license_response::LicenseResponse;
use crate::{
    domain::{License, LicenseType},
    error::codes,
    service::licenses,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_my_licenses))
        .routes(routes!(get_license))
        .routes(routes!(verify_license_key))
}

/// Whether a licence key is good. Of an unknown one nothing else is told.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LicenseVerificationResponse {
    /// Known, and not expired or ended.
    valid: bool,
    license_type: Option<LicenseType>,
    prompt_id: Option<PromptId>,
    expires_at: Option<Timestamp>,
}

impl From<License> for LicenseVerificationResponse {
    fn from(license: License) -> Self {
        Self {
            valid: license.is_active(),
            license_type: Some(license.license_type),
            prompt_id: Some(license.prompt_id),
            expires_at: license.expires_at,
        }
    }
}

/// My licences
///
/// Newest first. For any signed-in user.
#[utoipa::path(
    get, path = "/api/marketplace/licenses", tag = "licences",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of licences.", body = Page<LicenseResponse>),
        Problems::<()>,
    ),
    security(("bearer" = [])),
)]
async fn list_my_licenses(
    State(state): State<AppState>,
    User(holder): User,
    Query(query): Query<PageQuery>,
) -> ApiResult<Json<Page<LicenseResponse>>> {
    let page = licenses::list_by_holder(&state, &holder, &query).await?;
    Ok(Json(page.map(|license| LicenseResponse::seen_by(holder.id, license))))
}

/// One licence
///
/// For its holder.
#[utoipa::path(
    get, path = "/api/marketplace/licenses/{id}", tag = "licences",
    params(("id" = LicenseId, Path, description = "The licence's id.")),
    responses(
        (status = 200, description = "The licence.", body = LicenseResponse),
        Problems::<codes::LicenseNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn get_license(
    State(state): State<AppState>,
    User(holder): User,
    Path(id): Path<LicenseId>,
) -> ApiResult<Json<LicenseResponse>> {
    let license = licenses::find(&state, id, &holder).await?;
    Ok(Json(LicenseResponse::seen_by(holder.id, license)))
}

/// Verify a licence key
///
/// Anyone may call this. A typing error can be found without asking: case, spaces and hyphens do
/// not matter, O stands for 0, I and L for 1; the 28 characters, read as one number in Crockford's
/// base 32, leave 1 when divided by 1021.
#[utoipa::path(
    get, path = "/api/marketplace/licenses/verify/{licenseKey}", tag = "licences",
    params(("licenseKey" = String, Path, description = "The key.",
            example = "3WB8-0Z7R-MV9P-3AHC-B91M-ZNFG-Q4WB")),
    responses(
        (status = 200, description = "Whether it is good.", body = LicenseVerificationResponse),
        Problems::<()>,
    ),
)]
async fn verify_license_key(
    State(state): State<AppState>,
    Path(key): Path<String>,
) -> ApiResult<Json<LicenseVerificationResponse>> {
    let license = licenses::verify(&state, &key).await?;
    Ok(Json(license.map(LicenseVerificationResponse::from).unwrap_or_default()))
}
