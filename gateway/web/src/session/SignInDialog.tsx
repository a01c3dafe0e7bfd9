import { useEffect, useState } from 'react';
import { Dialog } from '../ui/Dialog';
import { accountWords as words } from '../words/account';
import { RegisterForm } from './RegisterForm';
import { session } from './session';
import { SignInForm } from './SignInForm';
import { answerSignIn } from './signInRequest';

/** The sign-in over the page: what was typed below stays. */
export function SignInDialog() {
  const [isNew, setNew] = useState(false);
  const expired = session.snapshot.isExpired === true;
  useEffect(() => {
    // Somebody may sign in in another tab, also while this dialog was on its way.
    const look = () => {
      if (session.snapshot.status === 'signed-in') answerSignIn(true);
    };
    look();
    return session.subscribe(look);
  }, []);
  return (
    <Dialog title={isNew ? words.register : words.signIn} onClose={() => answerSignIn(false)}>
      <p className="quiet small">{expired ? words.expired : words.needed}</p>
      {isNew ? <RegisterForm /> : <SignInForm />}
      <p className="small">
        {isNew ? words.haveAccount : words.noAccount}{' '}
        <button type="button" className="link-button" onClick={() => setNew(!isNew)}>
          {isNew ? words.signIn : words.register}
        </button>
      </p>
    </Dialog>
  );
}
