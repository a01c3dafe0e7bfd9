import type { components as Analytics } from './generated/analytics';
import type { components as Marketplace } from './generated/marketplace';
import type { components as Prompts } from './generated/prompt';
import type { components as Tests } from './generated/test';
import type { components as Users } from './generated/user';

export type Prompt = Prompts['schemas']['PromptResponse'];
export type SearchHit = Prompts['schemas']['SearchHitResponse'];
export type Suggestion = Prompts['schemas']['SuggestionResponse'];
export type Version = Prompts['schemas']['VersionResponse'];
export type Comment = Prompts['schemas']['CommentResponse'];
export type ReceivedComment = Prompts['schemas']['ReceivedCommentResponse'];
export type RatingSummary = Prompts['schemas']['RatingSummaryResponse'];
export type NameCount = Prompts['schemas']['NameCountResponse'];
export type User = Users['schemas']['UserResponse'];
export type Profile = Users['schemas']['ProfileResponse'];
export type PromptTest = Tests['schemas']['PromptTest'];
export type Dataset = Tests['schemas']['Dataset'];
export type DatasetPreview = Tests['schemas']['DatasetPreview'];
export type DatasetRow = Tests['schemas']['Page_DatasetRowItem']['content'][number];
export type EvaluationRun = Tests['schemas']['EvaluationRun'];
export type EvaluationRunSummary = Tests['schemas']['EvaluationRunSummary'];
export type EvaluationRunComparison = Tests['schemas']['EvaluationRunComparison'];
export type TargetReport = Tests['schemas']['TargetReport'];
export type Cell = Tests['schemas']['Cell'];
export type Assertion = Tests['schemas']['Assertion'];
export type AssertionResult = Tests['schemas']['AssertionResult'];
export type Listing = Marketplace['schemas']['ListingResponse'];
export type License = Marketplace['schemas']['LicenseResponse'];
export type Transaction = Marketplace['schemas']['TransactionResponse'];
export type Revenue = Marketplace['schemas']['RevenueResponse'];
export type Stats = Analytics['schemas']['StatsResponse'];
export type DayOfViews = Analytics['schemas']['DayResponse'];
export type TrendingPrompt = Analytics['schemas']['TrendingPromptResponse'];
export type DeadLetter = Analytics['schemas']['DeadLetterResponse'];
export type WholeDeadLetter = Analytics['schemas']['WholeDeadLetterResponse'];
export type Replay = Analytics['schemas']['ReplayResponse'];
export type Pipeline = Analytics['schemas']['PipelineResponse'];

/** A page of a list. */
export interface Page<T> {
  content: T[];
  nextCursor?: string | null;
  totalElements?: number | null;
  last: boolean;
}
