import type { AllWords } from '../translated';
import { account } from './account';
import { common } from './common';
import { editor } from './editor';
import { market } from './market';
import { playground } from './playground';
import { purchase } from './purchase';
import { tests } from './tests';

/** All words in German. */
export const german: AllWords = { common, account, editor, market, playground, purchase, tests };
