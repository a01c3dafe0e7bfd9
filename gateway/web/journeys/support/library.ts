import { Api, account } from './api';

const SUBJECTS = ['tides', 'glaciers', 'compilers', 'bread', 'birds', 'maps', 'violins', 'bridges'];
const TASKS = [
  { category: 'Education', text: 'Explain {{topic:SUBJECT}} to {{audience:a curious child}} in five sentences.' },
  { category: 'Writing', text: 'Write a letter to {{recipient}} about SUBJECT.\n\nKeep the tone {{tone:warm}}.' },
  { category: 'Code', text: 'Review this code about SUBJECT:\n\n{{code}}\n\nName three things to do better.' },
  { category: 'Research', text: 'List what is known about SUBJECT, and what is not, since {{year:2000}}.' },
];

/** Makes the prompts that explore shows: two pages of them, of several categories. */
export async function fillLibrary(url: string): Promise<void> {
  const api = new Api(url);
  await api.register(account('librarian'));
  for (const task of TASKS) {
    for (const subject of SUBJECTS) {
      await api.createPrompt({
        title: `${task.category}: ${subject}`,
        content: task.text.replaceAll('SUBJECT', subject),
        description: `A ${task.category.toLowerCase()} prompt about ${subject}.`,
        category: task.category,
        tags: [subject, 'library'],
      });
    }
  }
  await isFound(api, TASKS.length * SUBJECTS.length);
}

/** Waits until the search finds the whole library: it follows what is written within a second. */
async function isFound(api: Api, prompts: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  let found = 0;
  while (found < prompts) {
    if (Date.now() > deadline) throw new Error(`the search finds ${found} prompts of ${prompts}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    found = (await api.get<{ totalElements: number }>('/prompts/search?keyword=library')).totalElements;
  }
}
