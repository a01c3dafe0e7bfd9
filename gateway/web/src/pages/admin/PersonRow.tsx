import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { User } from '../../api/types';
import { exactDay, exactTime, timeAgo } from '../../format';
import { useSession } from '../../session/useSession';
import { Avatar } from '../../ui/Avatar';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { adminWords } from '../../words/admin';
import { actOn, actsOn, type Act } from './acts';
import { updatePerson } from './queries';

const words = adminWords.people;

/** An account, what can be done to it, and what was. */
export function PersonRow({ item: person }: { item: User }) {
  const { user } = useSession();
  const [asked, setAsked] = useState<Act | null>(null);
  const [done, setDone] = useState<Act | null>(null);
  const isSelf = person.id === user?.id;
  const fullName = [person.firstName, person.lastName].filter(Boolean).join(' ');
  const confirm = async (act: Act) => {
    updatePerson(await actOn(person, act));
    setDone(act);
  };
  return (
    <li className="person-row">
      <Avatar name={person.username} size={32} />
      <div className="person-text">
        <h2>
          {/* Nobody sees the profile of a suspended account. */}
          {person.active ? (
            <Link to="/u/$name" params={{ name: person.username }}>
              <bdi>{person.username}</bdi>
            </Link>
          ) : (
            <bdi>{person.username}</bdi>
          )}
          {isSelf && <span className="tag">{words.you}</span>}
          {person.roles.includes('ADMIN') && <span className="tag accent">{words.admin}</span>}
          {!person.active && <span className="tag danger">{words.suspended}</span>}
        </h2>
        <p className="admin-meta quiet small">
          {fullName !== '' && <bdi>{fullName}</bdi>}
          <bdi>{person.email}</bdi>
          <time dateTime={person.createdAt}>{words.joined(exactDay(person.createdAt))}</time>
          {person.lastLoginAt && (
            <time dateTime={person.lastLoginAt} title={exactTime(person.lastLoginAt)}>
              {words.lastLogin(timeAgo(person.lastLoginAt))}
            </time>
          )}
        </p>
        {isSelf && <p className="quiet small">{words.self}</p>}
        {/* The region is always there: a screen reader announces only what changes inside one. */}
        <div role="status">{done && <p className="admin-done small">{adminWords.acts[done].done}</p>}</div>
      </div>
      {!isSelf && (
        <div className="form-row" role="group" aria-label={words.actions(person.username)}>
          {/* By their place: the button that was pressed stays and keeps the focus when it becomes its opposite. */}
          {actsOn(person).map((act, place) => (
            <button key={place} type="button" className="button" onClick={() => setAsked(act)}>
              {adminWords.acts[act].open}
            </button>
          ))}
        </div>
      )}
      {asked && <ActDialog act={asked} person={person} onConfirm={() => confirm(asked)} onClose={() => setAsked(null)} />}
    </li>
  );
}

interface ActDialogProps {
  act: Act;
  person: User;
  onConfirm: () => Promise<void>;
  onClose: () => void;
}

function ActDialog({ act, person, onConfirm, onClose }: ActDialogProps) {
  const { title, explanation, confirm } = adminWords.acts[act];
  const isDanger = act === 'suspend' || act === 'demote';
  return (
    <ConfirmDialog title={title(person.username)} action={confirm} busy={words.busy} isDanger={isDanger} onConfirm={onConfirm} onClose={onClose}>
      <p>{explanation}</p>
    </ConfirmDialog>
  );
}
