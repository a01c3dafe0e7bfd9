/** The words of signing in, of profiles and of settings. */
export const accountWords = {
  signIn: 'Sign in',
  signingIn: 'Signing in…',
  register: 'Create an account',
  registering: 'Creating the account…',
  needed: 'This needs an account. Nothing on the page is lost.',
  expired: 'You were signed out. Sign in again to go on; nothing on the page is lost.',
  haveAccount: 'You have an account?',
  noAccount: 'No account yet?',
  emailOrUsername: 'Email or username',
  username: 'Username',
  usernameHint: '3 to 50 letters, digits, or _ . -',
  email: 'Email',
  password: 'Password',
  passwordHint: '8 to 128 characters',
};
