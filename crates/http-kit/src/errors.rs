//! [`errors!`](crate::errors!): a service's errors as one table.
//!
//! A row of the first part is an error that the service defines: variant, status, code, text. The text
//! is a format string over the variant's fields: the `detail` of the response, and the `Display` of the
//! error. Methods of [`ApiError`](crate::ApiError) may follow, for bad fields and headers. A row of the
//! second part wraps an error from below, with the function that converts it into an `ApiError`;
//! `#[from]` lets `?` wrap it.
//!
//! ```
//! use std::time::Duration;
//!
//! use http_kit::{ApiError, openapi::Problems, page::CursorError, problem::codes::TooBusy};
//!
//! http_kit::errors! {
//!     /// Why a use case was not carried out.
//!     pub enum ServiceError {
//!         PromptNotFound = 404 PROMPT_NOT_FOUND "No such prompt.";
//!         PriceChanged { now: u32 } = 409 PRICE_CHANGED
//!             "The price is {now} by now. Nothing was charged."
//!             .with_field("expectedAmount", format!("is {now} by now"));
//!         /// `retry_after` lasts until the day is over.
//!         DailyLimit { limit: i64, retry_after: Duration } = 429 DAILY_LIMIT_REACHED
//!             "At most {limit} tests a day are taken."
//!             .with_retry_after(retry_after);
//!     } or {
//!         Cursor(#[from] CursorError) => ApiError::from;
//!         Unwritable(#[from] serde_json::Error) => ApiError::internal;
//!     }
//! }
//!
//! let error = ServiceError::PriceChanged { now: 7 };
//! assert_eq!(error.to_string(), "The price is 7 by now. Nothing was charged.");
//! let error = ApiError::from(error);
//! assert_eq!((error.status().as_u16(), error.code()), (409, "PRICE_CHANGED"));
//!
//! /// A handler names the codes that it answers: types of `codes` and of the kits, and tuples of them.
//! #[utoipa::path(
//!     post, path = "/prompts/{id}/purchase",
//!     responses(
//!         (status = 200, description = "Bought."),
//!         Problems::<(codes::PromptNotFound, codes::PriceChanged, TooBusy)>,
//!     ),
//! )]
//! async fn purchase_prompt() -> Result<(), ServiceError> {
//!     Ok(())
//! }
//! ```
//!
//! The macro expands to the enum with `Debug`, `Display`, `Error` (by `thiserror`) and the `From`s, to its
//! conversion into `ApiError`, and to the module `codes` with a unit type for each row of the first
//! part.

/// Declares an error enum; see the [module](mod@crate::errors).
#[macro_export]
macro_rules! errors {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $(
                $(#[$doc:meta])*
                $variant:ident $({ $($field:ident: $type:ty),* $(,)? })?
                    = $status:literal $code:ident $text:literal
                    $(. $method:ident($($argument:expr),* $(,)?))*;
            )*
        } or {
            $(
                $(#[$below_doc:meta])*
                $below:ident($(#[$from:ident])? $below_type:ty) => $convert:expr;
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, ::thiserror::Error)]
        $vis enum $name {
            $($(#[$doc])* #[error($text)] $variant $({ $($field: $type),* })?,)*
            $($(#[$below_doc])* #[error(transparent)] $below($(#[$from])? $below_type),)*
        }

        /// The codes of the errors above, for [`Problems`]($crate::openapi::Problems).
        $vis mod codes {
            $crate::problem_codes! {
                $(#[doc = $text] $variant = $status $code;)*
            }
        }

        impl ::std::convert::From<$name> for $crate::ApiError {
            fn from(error: $name) -> Self {
                match error {
                    $($name::$variant $({ $($field),* })? => {
                        let error = Self::of(codes::$variant::CODE, ::std::format!($text));
                        $($(let _ = &$field;)*)?
                        error$(.$method($($argument),*))*
                    })*
                    $($name::$below(error) => ($convert)(error),)*
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use std::{fmt, time::Duration};

    use http::header;

    use crate::{ApiError, problem::ProblemCodes};

    const MAX_LABELS: usize = 20;

    /// An error of a kit.
    #[derive(Debug, thiserror::Error)]
    struct Below(#[source] fmt::Error);

    errors! {
        /// Errors of every kind.
        enum SampleError {
            NotFound = 404 PROMPT_NOT_FOUND "No such prompt.";
            NamesTaken = 409 USERNAME_TAKEN "Both are taken."
                .with_field("username", "is taken")
                .with_field("email", "is taken");
            WrongPassword { field: &'static str } = 403 WRONG_PASSWORD "The password is wrong."
                .with_field(field, "is wrong");
            TooManyLabels = 422 TOO_MANY_LABELS "At most {MAX_LABELS} labels.";
            Pending { id: u8, settled_in: Duration } = 503 PAYMENT_PENDING "Transaction {id} is pending."
                .with_retry_after(settled_in);
            Rows { rows: Vec<(String, String)> } = 422 ROWS_DO_NOT_FIT "Rows do not fit."
                .with_fields(rows);
            SignIn = 401 WRONG_CREDENTIALS "Wrong.";
        } or {
            /// From below.
            Below(#[from] Below) => ApiError::internal;
            Other(anyhow::Error) => |error| ApiError::unavailable("store", error);
        }
    }

    impl fmt::Display for Below {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "below")
        }
    }

    fn seen(error: SampleError) -> (u16, &'static str, String) {
        let error = ApiError::from(error);
        (error.status().as_u16(), error.code(), error.detail().to_owned())
    }

    #[test]
    fn a_row_says_status_code_and_text() {
        let found = seen(SampleError::NotFound);
        assert_eq!(found, (404, "PROMPT_NOT_FOUND", "No such prompt.".to_owned()));
        assert_eq!(SampleError::NotFound.to_string(), "No such prompt.");
        assert_eq!(seen(SampleError::TooManyLabels).2, "At most 20 labels.");
        assert_eq!(SampleError::TooManyLabels.to_string(), "At most 20 labels.");
        assert_eq!(codes::TooManyLabels::list(), [codes::TooManyLabels::CODE]);
    }

    #[test]
    fn a_row_adds_fields_and_headers() {
        let error = ApiError::from(SampleError::NamesTaken);
        assert_eq!(error.errors().keys().collect::<Vec<_>>(), ["email", "username"]);
        let error = ApiError::from(SampleError::WrongPassword { field: "current" });
        assert_eq!(error.errors()["current"], ["is wrong"]);
        let rows = vec![("rows[0].a".to_owned(), "is missing".to_owned())];
        assert!(ApiError::from(SampleError::Rows { rows }).errors().contains_key("rows[0].a"));

        let settled_in = Duration::from_millis(1500);
        let error = ApiError::from(SampleError::Pending { id: 7, settled_in });
        assert_eq!(error.detail(), "Transaction 7 is pending.");
        assert_eq!(error.header(&header::RETRY_AFTER).unwrap(), "2");
        let error = ApiError::from(SampleError::SignIn);
        assert_eq!(error.header(&header::WWW_AUTHENTICATE).unwrap(), "Bearer");
    }

    #[test]
    fn an_error_from_below_is_converted_by_its_function() {
        let failed = || -> Result<(), SampleError> { Err(Below(fmt::Error))? };
        let error = failed().unwrap_err();
        assert_eq!(error.to_string(), "below");
        assert_eq!(seen(error).1, "INTERNAL_ERROR");
        assert_eq!(seen(SampleError::Other(anyhow::anyhow!("away"))).0, 503);
    }
}
