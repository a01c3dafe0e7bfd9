//! Pages of comments, kept within the bound of pages.

use http_kit::{ApiError, ApiResult, Page, page::json_bytes};

use super::Comment;

/// A page of comments without replies.
pub fn comments(page: Page<Comment>) -> ApiResult<Page<Comment>> {
    page.bound_texts(|comment| vec![&mut comment.content]).map_err(ApiError::internal)
}

/// A page of comments with their replies: the first to each, then the second to each, and so on, while
/// there is room. Who writes much below one comment takes no room from the first replies to others.
pub fn threads(
    page: Page<Comment>,
    mut replies: Vec<impl Iterator<Item = Comment>>,
) -> ApiResult<Page<Comment>> {
    let mut page = comments(page)?;
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
