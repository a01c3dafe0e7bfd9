/// A list of a user's follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FollowList {
    /// Those who follow the user.
    Followers,
    /// Those whom the user follows.
    Following,
}
