//! What rolecall does, for whoever asks: the command line, the Lambda function, another program. A request goes in, an outcome
//! comes out, and what happens meanwhile is told to an observer.
//!
//! An operation reads, decides and writes; it prints nothing, asks nobody but its [`Shell`], and knows neither options nor formats.
//! An error says that nothing was written. What goes wrong after the first write is a part of the outcome, with what was done.

mod actions;
mod beside;
mod boundary;
mod change;
mod context;
pub mod describe;
pub mod doctor;
mod drift;
pub mod handover;
mod metrics;
mod one_side;
mod plan;
mod prove;
mod roll_call;
mod simulate;
mod verify;

pub use self::actions::ActionsError;
pub use self::beside::{Beside, Found};
pub use self::boundary::{BoundaryError, BoundaryGoal, PlannedBoundary};
pub use self::change::{
    ChangeError, ChangeRequest, Changed, Consent, ReadBack, RetiredAction, Service, Shell, Written,
};
pub use self::context::{AwsPorts, Context, Counterpart, GenesysPorts, GenesysSide, GenesysSurvey};
pub use self::drift::{DriftError, Drifted};
pub use self::one_side::{Stated, Unasked};
pub use self::plan::{Goal, Planned, PlanningError, TowardsManifest};
pub use self::prove::prove_holders;
pub use self::roll_call::{AccountsRead, RollCallRequest, RollCalled, UnreadAccount};
pub use self::simulate::{NotCases, simulate};
pub use self::verify::{Level, Verified, VerifyError, VerifyRequest};
pub use rolecall_prove::stated::{StatedIntent, parameter, principal, stated_use};
pub use rolecall_prove::{ProveError, ProveRequest};
