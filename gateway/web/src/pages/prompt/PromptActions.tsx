import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import { call, promptApi } from '../../api/client';
import type { Prompt } from '../../api/types';
import { fullCount, shortCount } from '../../format';
import { useAction } from '../../session/useAction';
import { useRequireSignIn, useSession } from '../../session/useSession';
import { copyText } from '../../text/clipboard';
import { holdValues } from '../../text/heldValues';
import { fillInText, variablesOf } from '../../text/placeholders';
import { handOverAddress, TOOLS, type Tool } from '../../text/snippets';
import { Icon } from '../../ui/Icon';
import { Menu } from '../../ui/Menu';
import { toast } from '../../ui/Toasts';
import { words } from '../../words/en';
import { refreshPrompt } from './queries';
import { sharedValues } from './sharedValues';
import { UseItDialog } from './UseItDialog';

const ForkDialog = lazy(async () => ({ default: (await import('./ForkDialog')).ForkDialog }));

/** What can be done with a prompt; copying and running take the values that are filled in. */
export function PromptActions({ prompt, values }: { prompt: Prompt; values: Record<string, string> }) {
  const [isUsing, setUsing] = useState(false);
  const { user } = useSession();
  const content = prompt.content ?? undefined;
  const text = useMemo(() => fillInText(content ?? '', values), [content, values]);
  const vars = sharedValues(values);
  return (
    <div className="prompt-actions">
      {content !== undefined && (
        <>
          <RunLink promptId={prompt.id} values={values} />
          <button type="button" className="button" onClick={() => void copyFilledIn(content, values)}>
            <Icon name="copy" />
            {words.prompt.copy}
          </button>
        </>
      )}
      <LikeButton prompt={prompt} />
      {/* Nobody but its author forks a premium prompt. */}
      {content !== undefined && (!prompt.isPremium || user?.id === prompt.userId) && <ForkButton prompt={prompt} />}
      {user?.id === prompt.userId && (
        <Link to="/p/$id/edit" params={{ id: prompt.id }} className="button">
          <Icon name="pencil" />
          {words.prompt.edit}
        </Link>
      )}
      <Menu label={words.prompt.moreActions} className="button icon-only">
        <button type="button" onClick={() => void copyLink(prompt.id, vars, Object.keys(values).length > 0)}>
          <Icon name="link" />
          {words.prompt.copyLink}
        </button>
        {content !== undefined && (
          <>
            <button type="button" onClick={() => void report(copyText(content))}>
              <Icon name="copy" />
              {words.prompt.copyTemplate}
            </button>
            <Link to="/tests" search={{ prompt: prompt.id }}>
              <Icon name="run" />
              {words.prompt.runOverDataset}
            </Link>
            <button type="button" onClick={() => setUsing(true)}>
              <Icon name="external" />
              {words.prompt.snippetsTitle}
            </button>
            <p className="menu-title">{words.prompt.openIn}</p>
            {TOOLS.map((tool) => (
              <ToolLink key={tool.name} tool={tool} text={text} />
            ))}
          </>
        )}
      </Menu>
      {isUsing && <UseItDialog prompt={prompt} values={values} onClose={() => setUsing(false)} />}
    </div>
  );
}

/** Leads to the playground with the values; the tab carries those that are too long for the address. */
function RunLink({ promptId, values }: { promptId: string; values: Record<string, string> }) {
  const vars = sharedValues(values);
  const areHeld = vars === undefined && Object.keys(values).length > 0;
  return (
    <Link
      to="/playground"
      search={{ prompt: promptId, vars, held: areHeld ? true : undefined }}
      className="button primary"
      onClick={() => areHeld && holdValues(promptId, values)}
    >
      <Icon name="run" />
      {words.prompt.run}
    </Link>
  );
}

/** Opens another tool with the prompt, or, where that is too long for a link, copies it for pasting there. */
function ToolLink({ tool, text }: { tool: Tool; text: string }) {
  const address = handOverAddress(tool, text);
  const onClick = () => {
    if (address === undefined) void copyText(text).then((isCopied) => toast(isCopied ? words.prompt.tooLong(tool.name) : words.prompt.notCopied));
  };
  return (
    <a href={address ?? tool.home} target="_blank" rel="noopener noreferrer" onClick={onClick}>
      {tool.name}
      {address === undefined && <span className="quiet">{words.prompt.byPasting}</span>}
    </a>
  );
}

function LikeButton({ prompt }: { prompt: Prompt }) {
  const like = useAction(
    async (isLiked: boolean) => {
      if (isLiked) return call(promptApi.POST('/api/social/likes', { body: { promptId: prompt.id } }));
      return call(promptApi.DELETE('/api/social/likes/{promptId}', { params: { path: { promptId: prompt.id } } }));
    },
    { onDone: () => void refreshPrompt(prompt.id) },
  );
  const isLiked = prompt.userHasLiked;
  return (
    <button
      type="button"
      className="button"
      aria-pressed={isLiked}
      aria-label={words.prompt.like(fullCount(prompt.likesCount))}
      onClick={() => like.run(!isLiked)}
    >
      <Icon name="heart" filled={isLiked} />
      {shortCount(prompt.likesCount)}
    </button>
  );
}

function ForkButton({ prompt }: { prompt: Prompt }) {
  const [isForking, setForking] = useState(false);
  const requireSignIn = useRequireSignIn();
  return (
    <>
      <button
        type="button"
        className="button"
        aria-label={words.prompt.fork(fullCount(prompt.forksCount))}
        title={words.prompt.forkHint}
        onClick={async () => {
          if (await requireSignIn()) setForking(true);
        }}
      >
        <Icon name="fork" />
        {shortCount(prompt.forksCount)}
      </button>
      {isForking && (
        <Suspense>
          <ForkDialog prompt={prompt} onClose={() => setForking(false)} />
        </Suspense>
      )}
    </>
  );
}

async function copyFilledIn(content: string, values: Record<string, string>): Promise<void> {
  const missing = variablesOf(content).filter((variable) => variable.isRequired && !Object.hasOwn(values, variable.name));
  const isCopied = await copyText(fillInText(content, values));
  if (!isCopied) toast(words.prompt.notCopied);
  else toast(missing.length === 0 ? words.prompt.copied : words.prompt.copiedWithout(missing.map((variable) => variable.name).join(', ')));
}

async function copyLink(id: string, vars: Record<string, string> | undefined, hasValues: boolean): Promise<void> {
  const url = new URL(`/p/${id}`, location.origin);
  if (vars) url.searchParams.set('vars', JSON.stringify(vars));
  const isCopied = await copyText(url.href);
  if (!isCopied) toast(words.prompt.notCopied);
  else toast(hasValues && !vars ? words.prompt.linkWithoutValues : words.prompt.linkCopied);
}

async function report(copying: Promise<boolean>): Promise<void> {
  toast((await copying) ? words.prompt.copied : words.prompt.notCopied);
}
