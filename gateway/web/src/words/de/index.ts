import type { AllWords } from '../translated';
import { account } from './account';
import { chart } from './chart';
import { common } from './common';
import { editor } from './editor';
import { market } from './market';
import { playground } from './playground';
import { purchase } from './purchase';
import { sales } from './sales';
import { statistics } from './statistics';
import { tests } from './tests';

/** All words in German. */
export const german: AllWords = { common, account, chart, editor, market, playground, purchase, sales, statistics, tests };
