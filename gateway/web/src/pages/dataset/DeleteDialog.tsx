import { useNavigate } from '@tanstack/react-router';
import { call, testApi } from '../../api/client';
import { queryClient } from '../../api/queryClient';
import type { Dataset } from '../../api/types';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { toast } from '../../ui/Toasts';
import { testWords } from '../../words/tests';

const words = testWords.dataset;

interface DeleteDialogProps {
  dataset: Dataset;
  userId: string;
  onClose: () => void;
}

/** Asks before a data set is deleted, and says what stays. */
export function DeleteDialog({ dataset, userId, onClose }: DeleteDialogProps) {
  const navigate = useNavigate();
  const remove = async () => {
    await call(testApi.DELETE('/api/tests/datasets/{id}', { params: { path: { id: dataset.id } } }));
    toast(words.removed);
    void queryClient.invalidateQueries({ queryKey: ['datasets', userId] });
    // Its runs are without its name from now on.
    void queryClient.invalidateQueries({ queryKey: ['runs', userId] });
    void navigate({ to: '/tests' });
  };
  return (
    <ConfirmDialog title={words.removeTitle(dataset.name)} action={words.removeConfirm} busy={words.removing} isDanger onConfirm={remove} onClose={onClose}>
      <p>{words.removeHint}</p>
    </ConfirmDialog>
  );
}
