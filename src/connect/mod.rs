//! From manifests to roles that operations can work on: what each shell needs before the first operation, and for many
//! manifests at the same time.
//!
//! A shell says how an account is reached ([`Route`]) and how files are read ([`Surroundings`]). Everything that can be
//! checked without AWS is checked before AWS is contacted.
//!
//! Deliberately absent: options, output, and the embedded AWS, which is one more account to reach.

mod clients;
mod connected;
mod error;
mod fleet;
mod loaded;
mod one_side;
mod roll_call;

pub use self::clients::{Clients, SharedClient, connect, connect_from_environment};
pub use self::connected::{Connected, ReadFile, Route, Services, Surroundings, settings, stated_external_id};
pub use self::error::{ConnectError, DoubleClaim, FleetError, OtherRole};
pub use self::fleet::{Fleet, Member, Reads, ended};
pub use self::loaded::Loaded;
pub use self::one_side::{check_role, open_genesys, stated_functions, stated_role};
pub use self::roll_call::{AccountError, read_accounts, read_organization};
