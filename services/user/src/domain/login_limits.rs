/// The numbers of wrong passwords that are allowed in a window of the login throttle.
#[derive(Clone, Copy, Debug)]
pub struct LoginLimits {
    /// The number for one name from one address.
    pub per_name: i32,
    /// The number from one address, for all names: there may be many people behind it.
    pub per_address: i32,
}
