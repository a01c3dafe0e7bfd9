import { LanguageChoice } from '../../app/LanguageChoice';
import { useSession } from '../../session/useSession';
import { SignInFirst } from '../../session/SignInFirst';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { accountWords } from '../../words/account';
import { DeleteAccount } from './DeleteAccount';
import { EmailForm, PasswordForm, ProfileForm } from './forms';
import { Sessions } from './Sessions';
import './settings.css';

const words = accountWords.settings;

export function SettingsPage() {
  const { status, user } = useSession();
  useDocumentTitle(words.title);
  return (
    <main id="content" className="page settings">
      <h1>{words.title}</h1>
      {status === 'unknown' && <div className="skeleton settings-skeleton" />}
      {status === 'signed-out' && <SignInFirst needed={words.needed} />}
      <LanguageChoice />
      {user && (
        <>
          <ProfileForm key={user.id} user={user} />
          <EmailForm user={user} />
          <PasswordForm />
          <Sessions />
          <DeleteAccount />
        </>
      )}
    </main>
  );
}
