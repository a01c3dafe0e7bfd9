//! Keeps pages of comments within the limit of pages.

use http_kit::{ApiError, ApiResult, Page, page::json_bytes};

use super::response::CommentResponse;

/// Limits a page of comments without replies.
pub fn limit_comments(page: Page<CommentResponse>) -> ApiResult<Page<CommentResponse>> {
    page.bound_texts(|comment| vec![&mut comment.content]).map_err(ApiError::internal)
}

/// Adds replies to a page of comments: the first to each, then the second to each, and so on, while there
/// is room. Long replies to one comment take no room from the first replies to others.
pub fn limit_threads(
    page: Page<CommentResponse>,
    mut replies: Vec<impl Iterator<Item = CommentResponse>>,
) -> ApiResult<Page<CommentResponse>> {
    let mut page = limit_comments(page)?;
    let mut left = page.bytes_left().map_err(ApiError::internal)?;
    let mut open: Vec<_> = page.content.iter_mut().zip(&mut replies).collect();
    while !open.is_empty() {
        let mut fitting = Vec::with_capacity(open.len());
        for (comment, replies) in open {
            let Some(reply) = replies.next() else { continue };
            let size = json_bytes(&reply).map_err(ApiError::internal)? + 1;
            let Some(rest) = left.checked_sub(size) else { continue };
            left = rest;
            comment.replies.push(reply);
            fitting.push((comment, replies));
        }
        open = fitting;
    }
    Ok(page)
}
