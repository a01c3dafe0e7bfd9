import { queryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { call, marketplaceApi } from '../../api/client';
import { listQuery } from '../../api/listQuery';
import { queryClient } from '../../api/queryClient';
import type { License } from '../../api/types';
import { exactDay, timeAgo } from '../../format';
import { SignInFirst } from '../../session/SignInFirst';
import { useSession } from '../../session/useSession';
import { copyText } from '../../text/clipboard';
import { Failure } from '../../ui/Failure';
import { Icon } from '../../ui/Icon';
import { ListView } from '../../ui/ListView';
import { toast } from '../../ui/Toasts';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { marketWords } from '../../words/market';
import { purchaseWords } from '../../words/purchase';
import '../market/market.css';

const words = marketWords.library;

export function LibraryPage() {
  const { status, user } = useSession();
  useDocumentTitle(words.title);
  return (
    <main id="content" className="page market">
      <h1>{words.title}</h1>
      {status === 'signed-out' && <SignInFirst needed={words.needed} />}
      {user && <Licenses userId={user.id} />}
    </main>
  );
}

function Licenses({ userId }: { userId: string }) {
  const licenses = useInfiniteQuery(
    listQuery(['licenses', userId], 30, (paging, signal) => call(marketplaceApi.GET('/api/marketplace/licenses', { params: { query: paging }, signal }))),
  );
  return (
    <ListView
      query={licenses}
      label={words.title}
      className="license-list"
      Row={LicenseRow}
      empty={
        <div className="empty">
          <h2>{words.empty}</h2>
          <Link to="/market" className="button primary">
            {words.toMarket}
          </Link>
        </div>
      }
    />
  );
}

/** What a licence gives to read. */
function licensedPromptQuery(licenseId: string) {
  return queryOptions({
    queryKey: ['license', licenseId, 'prompt'],
    queryFn: ({ signal }) => call(marketplaceApi.GET('/api/marketplace/licenses/{id}/prompt', { params: { path: { id: licenseId } }, signal })),
  });
}

function LicenseRow({ item: license }: { item: License }) {
  const [isShown, setShown] = useState(false);
  const prompt = useQuery({ ...licensedPromptQuery(license.id), enabled: isShown });
  return (
    <li className="license-row">
      <h2>
        <Link to="/p/$id" params={{ id: license.promptId }}>
          <bdi>{license.promptTitle}</bdi>
        </Link>
      </h2>
      <p className="listing-meta quiet small">
        <span>{purchaseWords.types[license.licenseType]}</span>
        <span>{words.version(license.promptVersion)}</span>
        <time dateTime={license.createdAt}>{words.bought(timeAgo(license.createdAt))}</time>
        {license.isActive && license.expiresAt && <span>{words.expires(exactDay(license.expiresAt))}</span>}
        {!license.isActive && <span className="tag">{words.ended}</span>}
      </p>
      {license.licenseKey && (
        <p className="form-row small">
          <span className="quiet">{words.key}</span>
          <code className="license-key">{license.licenseKey}</code>
          <button type="button" className="button plain icon-only" aria-label={words.copyKey} onClick={() => void copy(license.licenseKey ?? '')}>
            <Icon name="copy" />
          </button>
        </p>
      )}
      {isShown && prompt.isError && <Failure error={prompt.error} onRetry={() => void prompt.refetch()} />}
      {license.isActive && (
        <div className="form-row">
          <button type="button" className="button" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
            {isShown ? words.hide : words.show}
          </button>
          <button type="button" className="button" onClick={() => void copyContent(license.id)}>
            {words.copy}
          </button>
        </div>
      )}
      {isShown && prompt.isPending && !prompt.isError && <div className="skeleton list-skeleton" aria-hidden="true" />}
      {isShown && prompt.data && (
        <pre className="listing-content" dir="auto">
          {prompt.data.content}
        </pre>
      )}
    </li>
  );
}

/** Copies what was bought; it is asked for only now. */
async function copyContent(licenseId: string): Promise<void> {
  try {
    await copy((await queryClient.ensureQueryData(licensedPromptQuery(licenseId))).content);
  } catch (error) {
    toast(error instanceof Error ? error.message : words.notCopied);
  }
}

async function copy(text: string): Promise<void> {
  toast((await copyText(text)) ? words.copied : words.notCopied);
}
