/** What the console says in English of the users of an account, and of those who are invited. */

export const enPeople = {
  title: 'People',
  means: 'Who may sign in for this account, and what they may do here.',
  account: 'Account',
  loading: 'Reading who is here …',
  roleMeans: {
    viewer: 'may look',
    operator: 'may look, and ask and change devices',
    admin: 'may do all of that, add and remove devices, make keys, and manage viewers and operators',
    owner: 'may do everything in the account',
  },
  you: 'you',
  twoFactors: 'second factor on',
  noSecondFactor: 'no second factor',
  passkeys: (number: number) => (number === 0 ? 'no passkey' : number === 1 ? '1 passkey' : `${number} passkeys`),
  oidc: 'single sign-on',
  signedIn: (age: string) => `signed in ${age}`,
  neverSignedIn: 'never signed in',
  onlyOwner: 'The only owner. Make somebody else an owner first; then this one can get another role, or be removed.',
  notManaged: (roles: string) => `You manage users of these roles: ${roles}. The others are for an owner.`,
  ofTheRelay: 'Runs this relay: only somebody who does, too, can change that.',
  alone: 'Nobody else is here yet.',
  nobody: 'Nobody is here yet.',
  aloneMeans: 'Invite those who are to see or manage the devices. Each has a role, and signs in for themselves.',

  change: 'Change',
  changeTitle: (name: string) => `Change ${name}`,
  name: 'Name',
  role: 'Role',
  roleChanges: (name: string) =>
    `With another role ${name} is signed out everywhere and has to sign in again. Invitations that ${name} has made are withdrawn.`,
  relayEnds: 'Whoever is no owner runs this relay no more.',
  save: 'Save',

  letIn: 'Cannot sign in?',
  resetMeans: (name: string) =>
    `By a link ${name} sets a new password. It signs nobody in, and an older one is worth nothing.`,
  factorLost: 'The second factor is lost as well: codes and passkeys are gone once the link is used',
  makeReset: 'Make a link for a new password',
  resetMade: (email: string) => `Send it to ${email}, and to nobody else. It is good for 24 hours, and once.`,
  signOutMeans: (name: string) =>
    `If somebody else may have a browser in which ${name} is signed in, end that everywhere.`,
  signOut: 'Sign out everywhere',
  signedOut: (name: string) => `${name} is signed out everywhere.`,

  remove: 'Remove',
  removeTitle: (name: string) => `Remove ${name}?`,
  removeMeans: (email: string) =>
    `${email} is signed out everywhere at once. The password, the second factor, passkeys, and invitations that this user has made are gone.`,
  removeKeeps:
    'Keys that this user has made stay good: revoke those that are not to be used any more. What was done stays in the audit log. An invitation brings somebody back, as a new user.',
  removeYou: 'This is you: you will be signed out.',
  removeVerb: 'Remove this user',

  invite: 'Invite somebody',
  email: 'E-mail',
  submit: 'Make the invitation',
  invited: 'Here is the link. It is shown this once.',
  invitedMeans: (email: string) =>
    `Send it to ${email}: whoever opens it becomes a user. It is good for seven days, and once.`,
  close: 'I have sent it',
  open: 'Invited, and not here yet',
  until: (when: string) => `good until ${when}`,
  withdraw: 'Withdraw',
  withdrawTitle: (email: string) => `Withdraw the invitation of ${email}?`,
  withdrawMeans: 'Its link opens nothing any more. You can invite the same address again, by another link.',
  withdrawVerb: 'Withdraw this invitation',
}
