import { accountWords } from '../words/account';
import { askToSignIn } from './signInRequest';

/** Stands in the place of what belongs to an account, and says why it does. */
export function SignInFirst({ needed }: { needed: string }) {
  return (
    <div className="empty">
      <p>{needed}</p>
      <button type="button" className="button primary" onClick={() => void askToSignIn()}>
        {accountWords.signIn}
      </button>
    </div>
  );
}
