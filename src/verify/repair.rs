//! What to do about a difference between the manifest and what is there, as a value. `report` has the words.

/// What repairs a difference between the manifest and what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Apply the manifest.
    Apply,
    /// Apply it, and take over what rolecall did not make.
    Adopt,
    /// Apply it, and remove what others put on the role.
    RemoveForeign,
    /// Apply it, and end actions whose IDs flows may refer to.
    Replace,
    /// Correct the role's path in the manifest, or delete the role.
    EditPath,
    /// Correct the external ID in the manifest, or use credentials of its organisation.
    EditOrganization,
    /// Deploy the function, or correct the target.
    DeployFunction,
    /// Look at the integration in Genesys Cloud.
    LookAtIntegration,
    /// Add the action to the manifest, or delete it.
    ListAction,
}
