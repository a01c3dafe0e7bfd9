/// The numbers of wrong passwords that are allowed in a window of the login throttle.
#[derive(Clone, Copy, Debug)]
pub struct LoginLimits {
    /// For one name from one address.
    pub per_name: i32,
    /// From one address, for all names: there may be many people behind it.
    pub per_address: i32,
}
